// Runs in the page: its figures with what of them can be seen and how small the smallest text is, its headings, its overflow.
;(() => {
  const figures = Array.from(document.querySelectorAll('figure'), (figure) => {
    const seen = Array.from(figure.querySelectorAll('svg')).filter((svg) => svg.getBoundingClientRect().width > 0)
    const sizes = seen.flatMap((svg) => {
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
      return Array.from(svg.querySelectorAll('text'), (text) => scale * Number(text.getAttribute('font-size')))
    })
    return {
      seen: seen.map((svg) => svg.getAttribute('class')),
      named: seen.every((svg) => svg.querySelector('title')?.textContent),
      smallest: Math.min(...sizes),
    }
  })
  const { scrollWidth, clientWidth } = document.documentElement
  const headings = Array.from(document.querySelectorAll('h1,h2,h3'), ({ tagName }) => Number(tagName[1]))
  return { figures, over: scrollWidth - clientWidth, headings }
})()
